/** Asks for a name before something that cannot be undone. */
import { useEffect, useRef } from 'preact/hooks';
import { useWords } from '../texts/texts.tsx';
import { Field } from './field.tsx';

export interface TypeNameProps {
  readonly name: string;
  readonly typed: string;
  setTyped(typed: string): void;
}

export function TypeName({ name, typed, setTyped }: TypeNameProps) {
  const { t } = useWords();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <Field label={t.typeName(name)}>
      {(ids) => (
        <input
          {...ids}
          ref={input}
          value={typed}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
