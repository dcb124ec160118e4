/**
 * What a content model allows next. Content models are deterministic (XML 1.0, appendix E): the name
 * of the next child decides which part of the model it belongs to.
 */
import type { Particle } from './dtd.ts';

const NOTHING: Particle = { kind: 'sequence', items: [], count: '' };

/** Whether the content may end here. */
export function mayEnd(model: Particle): boolean {
  if (model.count === '?' || model.count === '*') return true;
  switch (model.kind) {
    case 'name':
      return false;
    case 'sequence':
      return model.items.every(mayEnd);
    case 'choice':
      return model.items.some(mayEnd);
  }
}

/** The names of the children that may come next, in the order of the model. */
export function nextNames(model: Particle): string[] {
  switch (model.kind) {
    case 'name':
      return [model.name];
    case 'choice':
      return model.items.flatMap(nextNames);
    case 'sequence': {
      const required = model.items.findIndex((item) => !mayEnd(item));
      return model.items.slice(0, required < 0 ? undefined : required + 1).flatMap(nextNames);
    }
  }
}

/** The names of which one has to come before the content may end; none if it may end here. */
export function requiredNames(model: Particle): string[] {
  if (mayEnd(model)) return [];
  if (model.kind !== 'sequence') return nextNames(model);
  const required = model.items.find((item) => !mayEnd(item));
  return required === undefined ? [] : requiredNames(required);
}

/**
 * What may follow a child.
 * @param skipping pass over parts that are required and have not come
 * @returns the rest of the model; undefined if the child does not belong here
 */
export function after(model: Particle, name: string, skipping = false): Particle | undefined {
  const rest = afterOnce(model, name, skipping);
  if (rest === undefined || model.count === '' || model.count === '?') return rest;
  return { kind: 'sequence', items: [rest, { ...model, count: '*' }], count: '' };
}

function afterOnce(model: Particle, name: string, skipping: boolean): Particle | undefined {
  if (model.kind === 'name') return model.name === name ? NOTHING : undefined;
  for (const [index, item] of model.items.entries()) {
    const rest = after(item, name, skipping);
    if (rest !== undefined && model.kind === 'choice') return rest;
    if (rest !== undefined)
      return { kind: 'sequence', items: [rest, ...model.items.slice(index + 1)], count: '' };
    if (model.kind === 'sequence' && !skipping && !mayEnd(item)) return undefined;
  }
  return undefined;
}
