/**
 * `npm run docs`: writes the pages that are rendered from the code, and from the last run of the conformance suite.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { manifests } from '../../src/broker/registry';
import { readMatrices, renderMatrix } from '../../test/conformance/matrix';
import { REPO } from '../toolchain/paths';
import { BROKER_REFERENCE, renderBrokerReference } from './brokerReference';
import { NODE_REFERENCE, renderNodeReference } from './nodeReference';

const CONFORMANCE = 'docs/reference/conformance.md';

write(NODE_REFERENCE, renderNodeReference());
write(BROKER_REFERENCE, renderBrokerReference());
writeConformance();

/** A page that lacks a broker would say less than the last one did. */
function writeConformance(): void {
	const results = readMatrices();
	const columns = manifests.flatMap(({ kind }) => results.find((result) => result.kind === kind) ?? []);
	if (columns.length === manifests.length) {
		write(CONFORMANCE, renderMatrix(columns));
		return;
	}
	const missing = manifests.filter(({ kind }) => !columns.some((column) => column.kind === kind));
	console.log(`${CONFORMANCE} stays as it is: no result of ${missing.map(({ label }) => label).join(', ')}.`);
	console.log('npm run test:conformance makes them.');
}

function write(page: string, text: string): void {
	writeFileSync(path.join(REPO, page), text);
	console.log(page);
}
