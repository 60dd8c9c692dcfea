/** versitygw, an independent S3 server that verifies checksums; built by Go. */
import { findBinary, goBin, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

export const versitygw: Installable = {
  name: 'versitygw',
  takes: 'Go 1.25 or later',
  isThere: () => findBinary('versitygw', process.env['VERSITYGW']) !== undefined,
  // Some three minutes of one core: a build server may want to keep the folder that GOBIN names.
  install: () =>
    runInstaller(findBinary('go') ?? 'go', ['install', '-trimpath', '-ldflags=-s -w', MODULE], {
      CGO_ENABLED: '0',
      GOBIN: goBin(),
    }),
};
