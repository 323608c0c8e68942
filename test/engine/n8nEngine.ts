/**
 * The engine's entrance, for tests and scripts alike: the same engine whether or not Jest is around (hostRequire.ts).
 */
import { join } from 'node:path';
import type * as engineModule from './engine';
import { hostRequire } from './hostRequire';

const host = hostRequire<typeof engineModule>(join(__dirname, 'engine.js'));

export const { Engine, items } = host;
export type Engine = engineModule.Engine;
export type { EngineOptions } from './engine';
export type { EngineCredential } from './credentialsHelper';
export type { Execution } from './executions';
export type { WebhookRequest, WebhookResponse } from './webhooks';
export type { WorkflowJson } from './workflowShelf';
