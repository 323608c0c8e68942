/**
 * `npm run docs`: writes the pages that are rendered from the code, and from the last run of the conformance suite, and
 * the pictures that the browser took last.
 */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { manifests } from '../../src/broker/registry';
import { readMatrices, renderMatrix, type BrokerMatrix } from '../../test/conformance/matrix';
import { REPO } from '../toolchain/paths';
import { BROKER_REFERENCE, renderBrokerReference } from './brokerReference';
import { NODE_REFERENCE, renderNodeReference } from './nodeReference';
import { PICTURES, SCREENSHOTS } from './pictures';

const CONFORMANCE = 'docs/reference/conformance.md';

write(NODE_REFERENCE, renderNodeReference());
write(BROKER_REFERENCE, renderBrokerReference());
writeConformance();
copyPictures();

/** A page that lacks a broker would say less than the last one did. */
function writeConformance(): void {
	const results = readMatrices();
	const missing = manifests.filter(({ kind }) => !results.some((result) => result.kind === kind));
	if (missing.length === 0) {
		// A broker may have a second column for another way to use it (sqs-fifo).
		const isOf = (kind: string) => (result: BrokerMatrix) => result.kind === kind || result.kind.startsWith(`${kind}-`);
		write(CONFORMANCE, renderMatrix(manifests.flatMap(({ kind }) => results.filter(isOf(kind)))));
		return;
	}
	console.log(`${CONFORMANCE} stays as it is: no result of ${missing.map(({ label }) => label).join(', ')}.`);
	console.log('npm run test:conformance makes them.');
}

/** Those of the last `npm run test:e2e`; the others stay. */
function copyPictures(): void {
	for (const [picture, screenshot] of Object.entries(PICTURES)) {
		const taken = path.join(SCREENSHOTS, `${screenshot}.png`);
		if (!existsSync(taken)) continue;
		copyFileSync(taken, path.join(REPO, picture));
		console.log(picture);
	}
}

function write(page: string, text: string): void {
	writeFileSync(path.join(REPO, page), text);
	console.log(page);
}
