/**
 * Installs the probe trigger as a node package of its own, and hands out its probes.
 */
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostRequire } from '../hostRequire';
import type { Probe, probes } from './ProbeTrigger.node';

export const PROBE_TRIGGER = 'n8n-nodes-probe.probeTrigger';

const FILE = 'ProbeTrigger.node.js';

export interface ProbePackage {
	readonly folder: string;
	/** @throws Error when no trigger with that name was started */
	probe(name: string): Probe;
	remove(): Promise<void>;
}

export async function installProbePackage(): Promise<ProbePackage> {
	const root = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-probe-'));
	const folder = join(root, 'node_modules', 'n8n-nodes-probe');
	await mkdir(folder, { recursive: true });
	await writeFile(
		join(folder, 'package.json'),
		JSON.stringify({ name: 'n8n-nodes-probe', version: '1.0.0', n8n: { n8nNodesApiVersion: 1, nodes: [FILE] } }),
	);
	await copyFile(join(__dirname, FILE), join(folder, FILE));
	return {
		folder,
		probe(name) {
			const found = hostRequire<{ probes: typeof probes }>(join(folder, FILE)).probes.get(name);
			if (!found) throw new Error(`No probe trigger named "${name}" was started`);
			return found;
		},
		remove: () => rm(root, { recursive: true, force: true }),
	};
}
