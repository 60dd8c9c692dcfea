/** The service contract against one process over a disk and SQLite. */
import { openServer } from './server-target.ts';
import { describeService } from './service.contract.ts';

describeService('embedded', () => openServer());
