/**
 * A kind of event store, as plain data: see src/broker/types.ts.
 */
import type { Manifest } from '../broker/types';
import type { StoreEngine } from './engine';

export type StoreManifest = Manifest<StoreEngine>;
