/** Runs the checks of a version, waits for those in the background, and shows what they found. */
import { useState } from 'preact/hooks';
import { checkVersion } from '../../../client/await-checks.ts';
import type { CheckRunBody } from '../../../client/stowage-client.ts';
import { Findings } from '../parts/findings.tsx';
import { useLoaded } from '../parts/load.ts';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export interface VersionChecksProps {
  readonly versionId: string;
  /** By whose policy they are checked. */
  readonly channel?: string | undefined;
  found?(run: CheckRunBody): void;
}

export function VersionChecks({ versionId, channel, found }: VersionChecksProps) {
  const { t } = useWords();
  const { client } = useSession();
  const [waitsFor, setWaitsFor] = useState<string>();
  const run = useLoaded(
    async (signal) => {
      const onWaiting = () => setWaitsFor(versionId);
      const done = await checkVersion(client, versionId, { channel }, { signal, onWaiting });
      if (!signal.aborted) found?.(done);
      return done;
    },
    [versionId, channel],
  );
  if (run.error !== undefined) return <Problem error={run.error} retry={run.reload} />;
  const waiting = waitsFor === versionId ? t.checksWaiting : t.checksRunning;
  return (
    <section aria-label={t.checks}>
      <p role="status">{run.value === undefined ? waiting : summary(run.value)}</p>
      {run.value?.state === 'outdated' && (
        <button type="button" onClick={run.reload}>
          {t.runChecks}
        </button>
      )}
      {run.value !== undefined && run.value.checks.length > 0 && (
        <Findings checks={run.value.checks} />
      )}
    </section>
  );

  function summary({ state, checks }: CheckRunBody): string {
    if (state === 'outdated') return t.checksOutdated;
    if (checks.length === 0) return t.checksNothing;
    const failed = checks.filter(({ verdict }) => verdict === 'failed').length;
    return failed === 0 ? t.checksPassed : t.checksFound(failed);
  }
}
