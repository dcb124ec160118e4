/** Every element that a DTD declares, put where it allows any, with everything changed once. */
import { Random } from '../../test/idmef/random.ts';
import type { Dialect } from './dialects.ts';
import { grow, growAttribute } from './grow.ts';
import { named, parse } from './parse.ts';
import type { Written } from './sample.ts';
import { text, XML_NAMESPACE, type Element, type Tree } from './tree.ts';
import { PLAIN, write } from './write.ts';

/** Makes children as small as they may be. */
const SMALL = 4;

/** So many of each element, and all that is nearly like them. */
export function probes(dialect: Dialect, instances: number, seed: number): Written[] {
  const random = new Random(seed);
  return [...dialect.dtd.values()].flatMap(({ name, content }) =>
    Array.from({ length: content === 'text' ? 1 : instances }, () =>
      grow(name, dialect, random, SMALL),
    )
      .flatMap((element) => variants(element, dialect))
      .map((element) => probe(element, dialect)),
  );
}

function probe(element: Element, dialect: Dialect): Written {
  const tree = withAny(element, dialect);
  return {
    name: `${dialect.title}: ${element.name}`,
    tree,
    style: PLAIN,
    source: Buffer.from(write(tree, PLAIN)),
    kinds: [],
  };
}

function withAny(element: Element, { namespace, dtd }: Dialect): Tree {
  const tree = parse(`<IDMEF-Message xmlns="${namespace}"><Heartbeat><Analyzer/>
<CreateTime ntpstamp="0x0.0x0"/></Heartbeat></IDMEF-Message>`);
  const data = named(namespace, 'AdditionalData');
  data.children = [element];
  if (dtd.has('xmltext')) {
    const any = named(namespace, 'xmltext');
    any.children = [element];
    data.children = [any];
  }
  const [heartbeat] = tree.root.children;
  if (heartbeat?.kind === 'element') heartbeat.children.push(data);
  return tree;
}

function variants(element: Element, dialect: Dialect): Element[] {
  const { attributes, children } = element;
  return [
    element,
    ...children.flatMap((child, index) => [
      { ...element, children: children.toSpliced(index, 1) },
      { ...element, children: children.toSpliced(index, 0, child) },
      {
        ...element,
        children: children.toSpliced(index, 2, ...children.slice(index, index + 2).reverse()),
      },
    ]),
    ...attributes.map((_attribute, index) => ({
      ...element,
      attributes: attributes.toSpliced(index, 1),
    })),
    ...withAttributes(element, dialect),
    { ...element, children: [...children, text('x')] },
    { ...element, children: [...children, named(element.namespace, 'unknown')] },
    { ...element, children: [...children, named(element.namespace, 'name')] },
  ];
}

/** With each attribute, declared or not, and each of its values. */
function withAttributes(element: Element, dialect: Dialect): Element[] {
  const declared = dialect.dtd.get(element.name)?.attributes ?? [];
  const language = {
    name: 'xml:lang',
    values: ['en', 'en fr'],
    required: false,
    takesAnyValue: false,
  };
  const unknown = { name: 'unknown', values: [], required: false, takesAnyValue: true };
  return [...declared, language, unknown].flatMap((declaration) =>
    [...declaration.values, 'other'].map((value) => {
      const attribute = { ...growAttribute(declaration, new Random(0)), value };
      const others = element.attributes.filter(
        ({ name, namespace }) =>
          name !== attribute.name ||
          (namespace === XML_NAMESPACE) !== declaration.name.startsWith('xml:'),
      );
      return { ...element, attributes: [...others, attribute] };
    }),
  );
}
