/** The frame of the console: sign-in, menu, and the view that the address names. */
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { hasChanges } from '../audit/audit.ts';
import { ChangesView } from '../audit/changes-view.tsx';
import { ChannelsView } from '../channels/channels-view.tsx';
import type { Command } from '../palette/commands.ts';
import { PaletteButton } from '../palette/palette.tsx';
import { useLoaded } from '../parts/load.ts';
import { Loading } from '../parts/loading.tsx';
import { WithNotices } from '../parts/notices.tsx';
import { go, hrefOf, useRoute } from '../route.ts';
import { keptToken, openSession, type Session, SessionContext } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { LANGUAGES, type Language, useWords } from '../texts/texts.tsx';
import { TokensView } from '../tokens/tokens-view.tsx';
import { DropAnywhere } from '../upload/drop-anywhere.tsx';
import { UploadDesk } from '../upload/upload-desk.ts';
import { UploadView } from '../upload/upload-view.tsx';
import { VersionView } from '../versions/version-view.tsx';
import { VersionsView } from '../versions/versions-view.tsx';
import { StatusView } from './status-view.tsx';

export function App({ url }: { readonly url: string }) {
  const [session, setSession] = useState<Session>();
  const [error, setError] = useState<unknown>();
  const [isOpening, setOpening] = useState(keptToken() !== undefined);
  const signIn = useCallback(
    async (token: string, keeps: boolean) => {
      setError(undefined);
      try {
        setSession(await openSession(url, token, keeps, () => setSession(undefined)));
      } catch (failure) {
        setError(failure);
      }
    },
    [url],
  );
  useEffect(() => {
    const kept = keptToken();
    if (kept !== undefined) void signIn(kept, true).then(() => setOpening(false));
  }, [signIn]);
  if (session === undefined) {
    return (
      <>
        <header class="top">
          <span class="brand">Stowage</span>
          <LanguageChoice />
        </header>
        {isOpening ? (
          <main id="main" class="narrow">
            <Loading />
          </main>
        ) : (
          <SignIn error={error} signIn={signIn} />
        )}
      </>
    );
  }
  return (
    <SessionContext.Provider value={session}>
      <WithNotices>
        <Frame session={session} />
      </WithNotices>
    </SessionContext.Provider>
  );
}

function Frame({ session }: { readonly session: Session }) {
  const { t, setLanguage } = useWords();
  const route = useRoute();
  const desk = useMemo(() => new UploadDesk(session.uploader), [session]);
  const [view = 'versions', name] = route;
  const changes = useLoaded(
    async (signal) => session.may('admin') && (await hasChanges(session.client, signal)),
    [],
  );
  const all = [
    ['versions', t.versions, 'read'],
    ['upload', t.upload, 'publish'],
    ['channels', t.channels, 'release'],
    ['tokens', t.tokens, 'admin'],
    ...(changes.value === true ? ([['changes', t.lastChanges, 'admin']] as const) : []),
    ['status', t.status, 'read'],
  ] as const;
  const menu = all.filter(([, , scope]) => session.may(scope));
  const commands: readonly Command[] = [
    ...menu.map(([id, label]) => ({ id, label: t.goTo(label), run: () => go(id) })),
    ...(Object.keys(LANGUAGES) as Language[]).map((id) => ({
      id,
      label: t.useLanguage(LANGUAGES[id]),
      run: () => setLanguage(id),
    })),
    { id: 'sign-out', label: t.signOut, run: session.signOut },
  ];
  const title = menu.find(([id]) => id === view)?.[1] ?? t.versions;
  useEffect(() => {
    document.title = `${name ?? title} - Stowage`;
    // Keyboards and screen readers go on at the new view.
    document.querySelector<HTMLElement>('#main h1')?.focus();
  }, [title, name]);
  const chosen = (files: readonly File[]) => {
    desk.choose(files, view === 'versions' ? name : undefined);
    go('upload');
  };
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        {t.skip}
      </button>
      <header class="top">
        <span class="brand">Stowage</span>
        <nav aria-label={t.mainMenu}>
          {menu.map(([id, label]) => (
            <a key={id} href={hrefOf(id)} aria-current={id === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <PaletteButton commands={commands} />
        <OwnToken session={session} />
        <LanguageChoice />
      </header>
      {session.may('publish') && <DropAnywhere onFiles={chosen} />}
      <main id="main" tabIndex={-1}>
        {view === 'upload' ? (
          <UploadView desk={desk} />
        ) : view === 'channels' ? (
          <ChannelsView />
        ) : view === 'tokens' ? (
          <TokensView />
        ) : view === 'changes' ? (
          <ChangesView />
        ) : view === 'status' ? (
          <StatusView />
        ) : name === undefined ? (
          <VersionsView />
        ) : (
          <VersionView key={name} versionId={name} />
        )}
      </main>
    </>
  );
}

/** No link to `#main`, because the address names the view. */
function skipToMain(): void {
  document.getElementById('main')?.focus();
}

function OwnToken({ session }: { readonly session: Session }) {
  const { t, date } = useWords();
  const { name, scopes, versions, expiresAt } = session.own;
  const may = scopes?.map((scope) => t.scopes[scope] ?? scope).join(', ');
  return (
    <div class="own">
      {name !== undefined && (
        <span>
          {t.signedInAs(name)}
          <small>
            {[
              may === undefined ? undefined : t.mayBe(may),
              versions === undefined ? t.anyVersion : t.onlyVersions(versions),
              expiresAt === undefined ? t.neverExpires : t.expires(date(expiresAt)),
            ]
              .filter((part) => part !== undefined)
              .join(', ')}
          </small>
        </span>
      )}
      <button type="button" onClick={session.signOut}>
        {t.signOut}
      </button>
    </div>
  );
}

function LanguageChoice() {
  const { t, language, setLanguage } = useWords();
  return (
    <select
      aria-label={t.language}
      value={language}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([code, label]) => (
        <option key={code} value={code} lang={code}>
          {label}
        </option>
      ))}
    </select>
  );
}
