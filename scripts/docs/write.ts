/**
 * `npm run docs`: writes the pages that are rendered from the code.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderNodeReference } from './nodeReference';

writeFileSync(path.join('docs', 'reference', 'nodes.md'), renderNodeReference());
