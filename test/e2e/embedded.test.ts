/** The service contract against one process over a disk and SQLite. */
import { jest } from '@jest/globals';
import { openServer } from './server-target.ts';
import { describeService } from './service.contract.ts';

jest.setTimeout(60_000);

describeService('embedded', () => openServer());
