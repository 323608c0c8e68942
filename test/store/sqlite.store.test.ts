import { sqliteUnderTest } from './sqliteUnderTest';
import { storeConformance } from './suite';

storeConformance(sqliteUnderTest);
