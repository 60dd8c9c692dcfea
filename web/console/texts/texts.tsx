/** The language of the page: its texts, and how it writes numbers and dates. */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { ENGLISH, type Texts } from './english.ts';
import { GERMAN } from './german.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const TEXTS: Readonly<Record<Language, Texts>> = { en: ENGLISH, de: GERMAN };
const KEPT = 'stowage-language';

export interface Words {
  readonly t: Texts;
  readonly language: Language;
  setLanguage(language: Language): void;
  bytes(count: number): string;
  date(time: string): string;
  percent(share: number): string;
  duration(seconds: number): string;
}

const Context = createContext<Words | undefined>(undefined);

export function useWords(): Words {
  const words = useContext(Context);
  if (words === undefined) throw new Error('no language is set');
  return words;
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'de') return kept;
  return navigator.languages.some((one) => one.startsWith('de')) &&
    !navigator.language.startsWith('en')
    ? 'de'
    : 'en';
}

export function WithWords({ children }: { readonly children: ComponentChildren }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const words = useMemo(() => wordsOf(language, setLanguage), [language]);
  return <Context.Provider value={words}>{children}</Context.Provider>;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function wordsOf(language: Language, set: (language: Language) => void): Words {
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return {
    t: TEXTS[language],
    language,
    setLanguage: (chosen) => {
      localStorage.setItem(KEPT, chosen);
      set(chosen);
    },
    bytes: (count) => {
      const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
      const unit = UNITS[power] ?? 'byte';
      const style = {
        style: 'unit',
        unit,
        unitDisplay: 'short',
        maximumFractionDigits: 1,
      } as const;
      return new Intl.NumberFormat(language, style).format(count / 1000 ** power);
    },
    percent: (share) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(
        share / 100,
      ),
    date: (time) => dates.format(new Date(time)),
    duration: (seconds) => {
      const [value, unit] =
        seconds < 90
          ? [seconds, 'second']
          : seconds < 5400
            ? [seconds / 60, 'minute']
            : [seconds / 3600, 'hour'];
      const style = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 } as const;
      return new Intl.NumberFormat(language, style as Intl.NumberFormatOptions).format(
        Math.max(1, Number(value)),
      );
    },
  };
}
