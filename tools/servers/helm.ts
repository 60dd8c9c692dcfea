/** helm, which installs charts into Kubernetes: a Go program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, findBinary, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const RELEASE = 'v4.3.1';
const MODULE = `helm.sh/helm/v4/cmd/helm@${RELEASE}`;

export function helmProgram(): string {
  return join(cacheFolder(`helm-${RELEASE}`), 'helm');
}

export const helm: Installable = {
  name: 'helm',
  takes: 'Go 1.26 or later',
  isThere: () => existsSync(helmProgram()),
  // Some ten minutes of one core.
  install: () =>
    runInstaller(
      findBinary('go') ?? 'go',
      [
        'install',
        '-trimpath',
        // Without it, `helm version` names no patch release.
        `-ldflags=-s -w -X helm.sh/helm/v4/internal/version.version=${RELEASE}`,
        MODULE,
      ],
      { CGO_ENABLED: '0', GOBIN: cacheFolder(`helm-${RELEASE}`) },
    ),
};
