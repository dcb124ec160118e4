/** Reads the bomb of that number, as a process of its own, and prints what came of it. */
import { BOMBS } from './bombs.ts';
import { inPieces, refusal } from './reading.ts';

const bomb = BOMBS[Number(process.argv[2])];
if (bomb === undefined) throw new Error('no such bomb');
const document = Buffer.from(bomb.make());
const begun = performance.now();
const error = refusal({ pieces: inPieces(document, bomb.piece ?? document.length) });
console.log(
  JSON.stringify({
    verdict: error?.code ?? 'accepted',
    message: error?.describe() ?? '',
    bytes: document.length,
    milliseconds: Math.round(performance.now() - begun),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
