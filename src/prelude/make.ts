/** IDMEF objects of the gateway's own, from plain ones with libprelude's names. */
import { fieldNamed, type IdmefClass } from '../idmef/classes.ts';
import { Data, Idmef, Time } from '../idmef/message.ts';

export interface Values {
  readonly [name: string]: string | number | Time | Data | Values;
}

/** The object; names that the class does not have are a defect. */
export function make(idmefClass: IdmefClass, values: Values): Idmef {
  const object = new Idmef(idmefClass);
  for (const [name, value] of Object.entries(values)) {
    const field = fieldNamed(idmefClass, name);
    if (typeof value !== 'object' || value instanceof Time || value instanceof Data)
      object.put(field, value);
    else if (field.kind === 'class') object.put(field, make(field.class, value));
    else throw new Error(`${name} is no object`);
  }
  return object;
}
