import type { Tree } from './tree.ts';
import type { Style } from './write.ts';

/** A document that can be changed. */
export interface Sample {
  readonly name: string;
  readonly tree: Tree;
}

/** A document as a sender would send it. */
export interface Written extends Sample {
  /** its bytes */
  readonly source: Buffer;
  /** how its names are written; not known, but plain, for a document of the corpus */
  readonly style: Style;
  /** the mutations that made it, none for a document of the corpus */
  readonly kinds: readonly string[];
}
