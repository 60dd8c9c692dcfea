/** What a browser shows in place of a page: what is wrong, and what to do. */
import { h } from 'preact';
import { HOW_TO_SIGN_IN } from './list-pages.ts';
import { renderPage, type Site } from './page.ts';

export interface ShownProblem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** By which an operator finds the request in the log. */
  readonly requestId: string;
}

const ADVICE: Readonly<Record<number, string>> = {
  401: `Load the page again to sign in. ${HOW_TO_SIGN_IN}`,
  403: 'Ask for a token that covers this page. To sign in with another one, close the browser first.',
  404: 'Look for it in the list of all versions.',
  429: 'Wait a moment, then load the page again.',
  500: 'Load the page again. If it fails again, give the number below to the operator.',
  503: 'Load the page again in a few seconds.',
};

export function renderProblemPage(site: Site, problem: ShownProblem): string {
  const { status, title, detail, requestId } = problem;
  const body = [
    h('h1', null, title),
    h('p', { dir: 'auto' }, detail),
    h('p', null, ADVICE[status] ?? 'Go back to the first page.'),
    h('p', { class: 'soft' }, `Status ${status} · request ${requestId}`),
  ];
  return renderPage(site, { title, description: title, path: '/', body });
}
