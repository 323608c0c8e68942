import { PostgresUnderTest } from './postgresUnderTest';
import { storeConformance } from './suite';

storeConformance(new PostgresUnderTest());
