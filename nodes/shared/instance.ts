/**
 * Tells one n8n process from another, also after a restart on the same host.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

export const INSTANCE = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
