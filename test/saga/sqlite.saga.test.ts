import { sqliteUnderTest } from '../store/sqliteUnderTest';
import { sagaConformance } from './suite';

sagaConformance(sqliteUnderTest);
