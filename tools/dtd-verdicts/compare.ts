import { dialectOf } from './dialects.ts';
import { isValid } from './ours.ts';
import type { Written } from './sample.ts';
import type { Tree } from './tree.ts';
import { write, writeBare } from './write.ts';
import type { Xmllint } from './xmllint.ts';

/** A document and what the two say of it. */
export interface Compared {
  readonly document: Written;
  /** by the gateway */
  readonly valid: boolean;
  /** why xmllint says another thing of the document as it was sent; '' where it does not */
  readonly reason: string;
}

/** What is left when no step makes the two agree. */
export const UNEXPLAINED = 'not explained';

/** Takes out of a document, step by step, what a definition that knows no namespaces cannot see past. */
const STEPS = [
  { reason: '', form: ({ source }: Written) => source },
  {
    reason: 'prefixes: the DTD knows none',
    form: ({ tree, style }: Written) => write(tree, { ...style, prefix: '' }),
  },
  {
    reason:
      'xmlns attributes: the DTD allows its own two only, and none on Classification and Reference',
    form: ({ tree }: Written) => writeBare(tree),
  },
  {
    reason: 'root element: xmllint --dtdvalid allows any element as the root',
    form: ({ tree }: Written) => writeBare(withRoot(tree)),
  },
] as const;

/** A root of another name gets one that is not declared. */
function withRoot({ doctype, root }: Tree): Tree {
  const name = root.name === 'IDMEF-Message' ? root.name : `not-${root.name}`;
  return { doctype, root: { ...root, name } };
}

/** Asks both about every document that the gateway does not refuse before it validates. */
export async function compare(
  xmllint: Xmllint,
  documents: readonly Written[],
): Promise<Compared[]> {
  const judged = documents.flatMap((document) => {
    const valid = isValid(document.source);
    return valid === undefined ? [] : [{ document, valid }];
  });
  const said = await Promise.all(
    STEPS.map(({ form }) =>
      byDtd(
        xmllint,
        judged.map(({ document }) => document),
        form,
      ),
    ),
  );
  return judged.map(({ document, valid }) => {
    // two that agree by accident about the document as it was sent must agree in the end, too
    const agrees = said.map((verdicts) => verdicts.get(document) === valid);
    const step = agrees.at(-1) === true ? STEPS[agrees.indexOf(true)] : undefined;
    return { document, valid, reason: step?.reason ?? UNEXPLAINED };
  });
}

async function byDtd(
  xmllint: Xmllint,
  documents: readonly Written[],
  form: (document: Written) => string | Buffer,
): Promise<ReadonlyMap<Written, boolean>> {
  const said = new Map<Written, boolean>();
  for (const path of new Set(documents.map(pathOf))) {
    const own = documents.filter((document) => pathOf(document) === path);
    const verdicts = await xmllint.valid(path, own.map(form));
    for (const [index, document] of own.entries()) said.set(document, verdicts[index] === true);
  }
  return said;
}

const pathOf = ({ tree }: Written): string => dialectOf(tree.root.namespace).path;
