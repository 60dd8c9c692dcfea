/**
 * The part of Preact that renders on the server. Its own types bring those of the DOM into every
 * file of the project, where no browser is: tsconfig.json puts these in their place.
 */
export type ComponentChild =
  | VNode
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly ComponentChild[];

export interface VNode {
  readonly type: unknown;
  readonly props: object;
}

export declare function Fragment(props: object): VNode;

export declare function h(
  type: string | typeof Fragment,
  props: Readonly<Record<string, unknown>> | null,
  ...children: ComponentChild[]
): VNode;
