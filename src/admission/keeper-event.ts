import type { KubeObject } from '../kube/object.ts';

/** What configurations are kept for: the locks of objects, or the guards of what a label cannot protect. */
export type Kept = 'locks' | 'guards';

/** What whoever keeps our webhook configurations has to tell. `configuration` is its kind and name. */
export type KeeperEvent =
  /** At the start, one was missing or not as Janus leaves it. */
  | { readonly type: 'found'; readonly configuration: string; readonly words: string }
  | {
      readonly type: 'restored';
      readonly configuration: string;
      readonly kept: Kept;
      readonly object: KubeObject;
      readonly how: 'deleted' | 'altered';
      /** What was wrong. */
      readonly words: string;
      /** The field managers that wrote to it; '' where that cannot be told. */
      readonly by: string;
      /** From when we knew until it was written; milliseconds. */
      readonly unguardedMs: number;
      /** How often within a minute, where somebody is fighting us. */
      readonly times?: number;
    }
  /** It could not be restored, watched or probed; it is tried again. */
  | { readonly type: 'trouble'; readonly configuration: string; readonly words: string }
  /** API servers go by them again. */
  | { readonly type: 'enforced'; readonly kept: Kept; readonly unenforcedMs: number };

/** That locks are not enforced, for people. */
export interface Unenforced {
  readonly words: string;
  /** API servers may still ask us, however the configuration was changed: to be unreachable would make it worse. */
  readonly stillAsked: boolean;
}
