/**
 * The workflows that the scripts run: the article's six services, reacting to each other.
 */
import { join } from 'node:path';
import { REPO } from './toolchain/paths';

export const WORKFLOWS = join(REPO, 'workflows', 'choreography');

/** The same services on one canvas. Beside the others they would answer the same webhook. */
export const ALL_IN_ONE = 'all-on-one-canvas.json';
