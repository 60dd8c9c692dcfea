/** `npm run servers`: installs the servers that the tests run against, where this platform can. Exits with 1 where one is missing after that. */
import { awsEmulator } from './servers/aws-emulator.ts';
import { cephRgw } from './servers/ceph-rgw.ts';
import { provide } from './servers/provide.ts';
import { versitygw } from './servers/versitygw.ts';

const SERVERS = [versitygw, cephRgw, awsEmulator];

process.exitCode = (await provide(SERVERS, console.log)) ? 0 : 1;
