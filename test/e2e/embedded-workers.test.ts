/** The service contract against two processes over one disk and one SQLite file. */
import { ONE_MACHINE, openServer } from './server-target.ts';
import { describeService } from './service.contract.ts';

describeService('embedded, two processes', () => openServer({}, ONE_MACHINE, ['--workers', '2']));
