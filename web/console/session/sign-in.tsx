/** The form that takes a token. */
import { useState } from 'preact/hooks';
import { Field } from '../parts/field.tsx';
import { Problem } from '../parts/problem.tsx';
import { useWords } from '../texts/texts.tsx';

export interface SignInProps {
  /** Why an earlier token failed. */
  readonly error: unknown;
  signIn(token: string, keeps: boolean): Promise<void>;
}

export function SignIn({ error, signIn }: SignInProps) {
  const { t } = useWords();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    setBusy(true);
    await signIn(String(data.get('token')).trim(), data.get('keeps') !== null);
    // The token is nowhere in the page after this.
    form.reset();
    setBusy(false);
  };
  return (
    <main id="main" class="narrow">
      <h1>{t.signIn}</h1>
      <form class="card" onSubmit={submit}>
        <Field label={t.token} hint={t.tokenHint}>
          {(ids) => (
            <input
              {...ids}
              name="token"
              type="password"
              autocomplete="off"
              spellcheck={false}
              required
            />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" name="keeps" />
          <span>
            {t.rememberTab}
            <small>{t.rememberHint}</small>
          </span>
        </label>
        {error !== undefined && <Problem error={error} />}
        <button type="submit" class="main" disabled={isBusy}>
          {t.signIn}
        </button>
      </form>
    </main>
  );
}
