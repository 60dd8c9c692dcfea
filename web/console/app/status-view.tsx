/** The state of the service and of its storage, as far as the API knows it. */
import { isStowageError } from '../../../client/stowage-error.ts';
import { useEvery, useLoaded } from '../parts/load.ts';
import { Loading } from '../parts/loading.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { StorageByVersion } from './storage-by-version.tsx';

export function StatusView() {
  const { t, bytes } = useWords();
  const { client } = useSession();
  const { value, error, reload } = useLoaded(async (signal) => {
    const { version } = await client.health({ signal });
    const [isReady, storage] = await Promise.all([
      client.transport.json({ method: 'GET', path: '/readyz', signal }).then(
        () => true,
        () => false,
      ),
      // Not every service has it.
      client.getStorage({ signal }).catch((failure: unknown) => {
        if (isStowageError(failure, 'NOT_FOUND', 'FORBIDDEN', 'NOT_SUPPORTED')) return undefined;
        throw failure;
      }),
    ]);
    return { version, isReady, storage };
  }, []);
  useEvery(10_000, true, reload);
  const storage = value?.storage;
  return (
    <>
      <h1 tabIndex={-1}>{t.status}</h1>
      {error !== undefined && <Problem error={error} retry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value !== undefined && (
        <dl class="card">
          <dt>{t.service}</dt>
          <dd>{client.url}</dd>
          <dt>{t.serviceVersion}</dt>
          <dd>{value.version}</dd>
          <dt>{t.ready}</dt>
          <dd>{value.isReady ? t.isReady : t.isNotReady}</dd>
          {storage !== undefined && (
            <>
              <dt>{t.storagePackages}</dt>
              <dd>{storage.packages}</dd>
              <dt>{t.storageBytes}</dt>
              <dd>{bytes(storage.bytes)}</dd>
              <dt>{t.storagePending}</dt>
              <dd>{bytes(storage.pendingBytes)}</dd>
              {storage.freeBytes !== undefined && (
                <>
                  <dt>{t.storageFree}</dt>
                  <dd>{bytes(storage.freeBytes)}</dd>
                </>
              )}
            </>
          )}
        </dl>
      )}
      <StorageByVersion />
    </>
  );
}
