/** Chooses files, shows what would become of them, and shows their uploads. */
import { useEffect, useReducer } from 'preact/hooks';
import { ARCH, type Arch, OS, type Os } from '../../../core/platforms.ts';
import { Field } from '../parts/field.tsx';
import { useLoaded } from '../parts/load.ts';
import { Problem } from '../parts/problem.tsx';
import { hrefOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import type { Chosen, UploadDesk } from './upload-desk.ts';
import { Uploads } from './uploads.tsx';

/** Typing pauses at least this long before the names are checked. */
const CHECK_AFTER_MS = 400;

export function UploadView({ desk }: { readonly desk: UploadDesk }) {
  const { t } = useWords();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => desk.subscribe(() => redraw(undefined)), [desk]);
  return (
    <>
      <h1 tabIndex={-1}>{t.uploadTitle}</h1>
      {desk.error !== undefined && <Problem error={desk.error} />}
      {desk.running.length > 0 && <Uploads desk={desk} />}
      {desk.isDone && <Outcome desk={desk} />}
      {desk.running.length === 0 && <Choosing desk={desk} />}
    </>
  );
}

function Outcome({ desk }: { readonly desk: UploadDesk }) {
  const { t } = useWords();
  const versionId = desk.running[0]?.upload.versionId ?? '';
  const isWhole = desk.published === desk.running.length && (!desk.releases || desk.isReleased);
  return (
    <div class="buttons" role="status">
      {isWhole && <strong>{t.allPublished(desk.published, versionId)}</strong>}
      <a href={hrefOf('versions', versionId)}>{t.showVersion(versionId)}</a>
      <button type="button" onClick={() => desk.clear()}>
        {t.moreFiles}
      </button>
    </div>
  );
}

function Choosing({ desk }: { readonly desk: UploadDesk }) {
  const { t } = useWords();
  const { client } = useSession();
  const known = useLoaded(async (signal) => {
    const newest: string[] = [];
    for await (const { versionId } of client.listVersions({ limit: 20, signal })) {
      newest.push(versionId);
      if (newest.length === 20) break;
    }
    return newest;
  }, []);
  const { chosen, versionId } = desk;
  const names = JSON.stringify([versionId, chosen.map(({ filename }) => filename)]);
  useEffect(() => {
    const timer = setTimeout(() => void desk.check(), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [names]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void desk.start();
  };
  return (
    <form onSubmit={submit}>
      <div class="choose">
        <Choose label={t.chooseFiles} desk={desk} />
        <Choose label={t.chooseFolder} desk={desk} isFolder />
        <span class="quiet">{t.dropHint}</span>
      </div>
      <Field label={t.toVersion} hint={t.versionHint}>
        {(ids) => (
          <input
            {...ids}
            list="known-versions"
            required
            autocomplete="off"
            spellcheck={false}
            value={versionId}
            onInput={(event) => desk.setVersion(event.currentTarget.value.trim())}
          />
        )}
      </Field>
      <datalist id="known-versions">
        {known.value?.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      {chosen.length === 0 ? (
        <p class="quiet">{t.nothingChosen}</p>
      ) : (
        <>
          <ul class="files">
            {chosen.map((one) => (
              <ChosenFile key={one.id} one={one} desk={desk} />
            ))}
          </ul>
          <p role="status">{desk.hasConflicts ? t.conflicts : <Plan desk={desk} />}</p>
          <p class="quiet">{t.resumeHint}</p>
          <button type="submit" class="main" disabled={desk.isChecking || desk.hasConflicts}>
            {t.start(chosen.length)}
          </button>
        </>
      )}
    </form>
  );
}

function Plan({ desk: { target, chosen } }: { readonly desk: UploadDesk }) {
  const { t } = useWords();
  if (target === 'unknown') return null;
  if (target === 'new') return chosen.length > 1 ? t.willDraft : null;
  return target.draft ? t.willStayDraft : t.willPublish;
}

interface ChooseProps {
  readonly label: string;
  readonly desk: UploadDesk;
  readonly isFolder?: boolean;
}

function Choose({ label, desk, isFolder = false }: ChooseProps) {
  const take = (input: HTMLInputElement) => {
    desk.choose([...(input.files ?? [])]);
    input.value = '';
  };
  return (
    <label class="button">
      {label}
      <input
        type="file"
        multiple
        {...(isFolder && { webkitdirectory: true })}
        onChange={(event) => take(event.currentTarget)}
      />
    </label>
  );
}

function ChosenFile({ one, desk }: { readonly one: Chosen; readonly desk: UploadDesk }) {
  const { t, bytes } = useWords();
  const { id, file, filename, platform, verdict, detail } = one;
  const { os: _os, ...withoutOs } = platform;
  const { arch: _arch, ...withoutArch } = platform;
  const setOs = (text: string) =>
    desk.edit(id, { platform: text === '' ? withoutOs : { ...platform, os: text as Os } });
  const setArch = (text: string) =>
    desk.edit(id, { platform: text === '' ? withoutArch : { ...platform, arch: text as Arch } });
  return (
    <li class="card file">
      <Field label={t.filename}>
        {(ids) => (
          <input
            {...ids}
            value={filename}
            required
            spellcheck={false}
            onInput={(event) => desk.edit(id, { filename: event.currentTarget.value })}
          />
        )}
      </Field>
      <Choice label={t.os} values={OS} value={platform.os} set={setOs} />
      <Choice label={t.arch} values={ARCH} value={platform.arch} set={setArch} />
      <span class="size">{bytes(file.size)}</span>
      {verdict !== undefined && (
        <span class={`state ${verdict}`}>
          {t.verdicts[verdict] ?? verdict}
          {detail !== undefined && <small>{detail}</small>}
        </span>
      )}
      <button type="button" aria-label={t.leaveOutOf(filename)} onClick={() => desk.leaveOut(id)}>
        {t.leaveOut}
      </button>
    </li>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly value: string | undefined;
  set(value: string): void;
}

function Choice({ label, values, value = '', set }: ChoiceProps) {
  const { t } = useWords();
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => set(event.currentTarget.value)}>
          <option value="">{t.unknown}</option>
          {values.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
