/**
 * What the newest versions take, as a table whose rows have a bar of the browser's own (`<meter>`): it
 * needs no library and no drawing, and screen readers read the numbers.
 */
import { useState } from 'preact/hooks';
import type { StowageClient } from '../../../client/stowage-client.ts';
import { useLoaded } from '../parts/load.ts';
import { Loading } from '../parts/loading.tsx';
import { Problem } from '../parts/problem.tsx';
import { hrefOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

/** Each is summed over its files, so not all of them are. */
const VERSIONS = 10;

export function StorageByVersion() {
  const { t } = useWords();
  const [isAsked, setAsked] = useState(false);
  return (
    <section>
      <h2>{t.byVersion}</h2>
      {isAsked ? (
        <Sums />
      ) : (
        <>
          <p class="quiet">{t.byVersionHint(VERSIONS)}</p>
          <button type="button" onClick={() => setAsked(true)}>
            {t.sumUp}
          </button>
        </>
      )}
    </section>
  );
}

function Sums() {
  const { t, bytes } = useWords();
  const { client } = useSession();
  const sums = useLoaded((signal) => sumVersions(client, signal), []);
  if (sums.error !== undefined) return <Problem error={sums.error} retry={sums.reload} />;
  if (sums.value === undefined) return <Loading />;
  if (sums.value.length === 0) return <p>{t.noVersions}</p>;
  const most = Math.max(...sums.value.map((one) => one.bytes), 1);
  return (
    <table>
      <caption class="hidden">{t.byVersion}</caption>
      <thead>
        <tr>
          <th scope="col">{t.version}</th>
          <th scope="col">{t.files}</th>
          <th scope="col">{t.size}</th>
        </tr>
      </thead>
      <tbody>
        {sums.value.map((one) => (
          <tr key={one.versionId}>
            <th scope="row">
              <a href={hrefOf('versions', one.versionId)}>{one.versionId}</a>
            </th>
            <td data-label={t.files}>{one.files}</td>
            <td data-label={t.size}>
              {bytes(one.bytes)}
              <meter aria-hidden="true" max={most} value={one.bytes} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

async function sumVersions(client: StowageClient, signal: AbortSignal) {
  const newest: string[] = [];
  for await (const { versionId } of client.listVersions({ limit: VERSIONS, signal })) {
    newest.push(versionId);
    if (newest.length === VERSIONS) break;
  }
  return Promise.all(
    newest.map(async (versionId) => {
      let bytes = 0;
      let files = 0;
      for await (const { size, state } of client.listPackages(versionId, { limit: 1000, signal })) {
        if (state !== 'available' && state !== 'yanked') continue;
        bytes += size;
        files += 1;
      }
      return { versionId, bytes, files };
    }),
  );
}
