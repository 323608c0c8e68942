/**
 * Writes workflows/choreography/all-on-one-canvas.json. Run it after a service changed: `node build/test/workflows/writeAllOnOneCanvas.js`
 */
import { writeFile } from 'node:fs/promises';
import { allOnOneCanvas } from './allOnOneCanvas';
import { ALL_ON_ONE_CANVAS, choreographyServices, pathOf } from './files';

async function main(): Promise<void> {
	const workflow = allOnOneCanvas(await choreographyServices());
	await writeFile(pathOf(ALL_ON_ONE_CANVAS), `${JSON.stringify(workflow, null, '\t')}\n`);
}

void main();
