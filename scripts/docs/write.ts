/**
 * `npm run docs`: writes the pages that are rendered from the code, and from the last run of the conformance suite.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { manifests } from '../../src/broker/registry';
import { MATRIX_FOLDER, readMatrices, renderMatrix } from '../../test/conformance/matrix';
import { REPO } from '../toolchain/paths';
import { NODE_REFERENCE, renderNodeReference } from './nodeReference';

writeFileSync(path.join(REPO, NODE_REFERENCE), renderNodeReference());

if (existsSync(MATRIX_FOLDER)) {
	const brokers = new Set(manifests.map(({ kind }) => kind));
	const matrices = readMatrices().filter(({ kind }) => brokers.has(kind));
	writeFileSync(path.join(REPO, 'docs', 'reference', 'conformance.md'), renderMatrix(matrices));
}
