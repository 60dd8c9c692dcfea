/** Who is signed in: a token in memory, and the client and uploader that use it. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { OwnToken, StowageClient } from '../../../client/stowage-client.ts';
import { isStowageError } from '../../../client/stowage-error.ts';
import { createUploader, type Uploader } from '../../../client/uploader/uploader.ts';
import { startTrustedWorker } from './trusted-worker.ts';

/** What the service says of a token; nothing, if it is of an earlier release. */
type Own = Partial<OwnToken>;

export interface Session {
  readonly client: StowageClient;
  readonly uploader: Uploader;
  readonly own: Own;
  /** Whether the token may do this, as far as it is known. */
  may(scope: Scope): boolean;
  signOut(): void;
}

type Scope = 'read' | 'publish' | 'release' | 'admin';
const RANKS: readonly string[] = ['read', 'publish', 'release', 'admin'];

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('no one is signed in');
  return session;
}

const KEPT = 'stowage-token';

export function keptToken(): string | undefined {
  return sessionStorage.getItem(KEPT) ?? undefined;
}

/**
 * @param keeps whether the token outlives a reload of the tab
 * @throws StowageError UNAUTHENTICATED
 */
export async function openSession(
  url: string,
  token: string,
  keeps: boolean,
  onEnd: () => void,
): Promise<Session> {
  const uploader = createUploader({
    url,
    getToken: () => token,
    startWorker: startTrustedWorker,
    // People see soon that something is wrong, and try again themselves.
    retry: { retries: 2, maxDelayMs: 5000 },
  });
  const { client } = uploader;
  const own = await readOwn(client);
  if (keeps) sessionStorage.setItem(KEPT, token);
  return {
    client,
    uploader,
    own,
    may: (scope) =>
      own.scopes === undefined ||
      own.scopes.some((one) => RANKS.indexOf(one) >= RANKS.indexOf(scope)),
    signOut: () => {
      sessionStorage.removeItem(KEPT);
      uploader.pause();
      onEnd();
    },
  };
}

async function readOwn(client: StowageClient): Promise<Own> {
  try {
    return await client.getOwnToken();
  } catch (error) {
    if (!isStowageError(error, 'NOT_FOUND', 'METHOD_NOT_ALLOWED')) throw error;
    // A service without that operation still says whether the token is valid.
    await client.listVersions({ limit: 1 }).next();
    return {};
  }
}
