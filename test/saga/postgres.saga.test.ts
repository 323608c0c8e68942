import { PostgresUnderTest } from '../store/postgresUnderTest';
import { sagaConformance } from './suite';

sagaConformance(new PostgresUnderTest());
