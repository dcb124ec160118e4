/**
 * The yardstick of scripts/bench, not the product: a node-fastcgi responder that reads the body and
 * answers 200. Listens on the Unix socket that is its argument.
 */
import { createServer } from 'node-fastcgi';

const [, , path = ''] = process.argv;
const server = createServer((request, response) => {
  request.on('data', () => undefined);
  request.on('end', () => {
    response.statusCode = 200;
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.setHeader('content-length', 3);
    // without it the client's connection would be closed after each answer
    response.removeHeader('connection');
    response.end('OK\n');
  });
});
server.listen(path);
