/** From requests and validations to figures: plain data, nothing of a document. */
import type { RequestRecord } from './accept/post.ts';
import type { Validator } from './idmef/valid/validate.ts';
import type { Answered, RequestFigures } from './monitor/figures.ts';

/** The record without what quotes the document. */
export function answeredOf({ error, messages, heartbeats, ...record }: RequestRecord): Answered {
  const { status, milliseconds, bytes, client, subject } = record;
  const answered = { status, milliseconds, bytes, client, subject, heartbeats };
  if (error === undefined) return { ...answered, alerts: messages - heartbeats };
  const { code, position, path } = error;
  return { ...answered, alerts: 0, refusal: { code, position, path } };
}

/** The validator, whose durations the figures are told. */
export function measured(
  validator: Validator,
  figures: Pick<RequestFigures, 'validated'>,
): Pick<Validator, 'validate'> {
  return {
    validate: async (text) => {
      const begun = performance.now();
      try {
        await validator.validate(text);
      } finally {
        figures.validated(performance.now() - begun);
      }
    },
  };
}
