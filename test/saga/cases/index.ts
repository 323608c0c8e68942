import type { SagaCase } from '../case';
import { compensation } from './compensation';
import { events } from './events';
import { recording } from './recording';
import { runners } from './runners';

export const cases: readonly SagaCase[] = [...recording, ...compensation, ...runners, ...events];
