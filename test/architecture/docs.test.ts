import { readFileSync } from 'node:fs';
import path from 'node:path';
import { NODE_REFERENCE, renderNodeReference } from '../../scripts/docs/nodeReference';
import { REPO } from '../../scripts/toolchain/paths';

it('the node reference says what the nodes say (npm run docs writes it)', () => {
	expect(readFileSync(path.join(REPO, NODE_REFERENCE), 'utf8')).toBe(renderNodeReference());
});
