import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tool } from './tools.ts';

/** Which distribution's paths httpd has. */
export type Distribution = 'debian' | 'rhel';

interface Paths {
  /** where our file is linked to */
  config: string;
  cert: string;
  key: string;
  ca: string;
  crl: string;
  /** folder and file below /var/log */
  logs: string;
  errorLog: string;
  /** shell commands */
  configtest: string;
  graceful: string;
  foreground: string;
}

/** Where things are, and how they are called. RHEL's httpd is Debian's program here. */
export const PATHS: Readonly<Record<Distribution, Readonly<Paths>>> = {
  debian: {
    config: '/etc/apache2/conf-enabled/secef.conf',
    cert: '/etc/ssl/certs/secef.crt',
    key: '/etc/ssl/private/secef.key',
    ca: '/etc/ssl/certs/secef-sensors-ca.crt',
    crl: '/etc/ssl/certs/secef.crl',
    logs: 'apache2',
    errorLog: 'error.log',
    configtest: 'apachectl configtest',
    graceful: 'apachectl graceful',
    foreground: '. /etc/apache2/envvars; exec apache2 -DFOREGROUND',
  },
  rhel: {
    config: '/etc/httpd/conf.d/secef.conf',
    cert: '/etc/pki/tls/certs/localhost.crt',
    key: '/etc/pki/tls/private/localhost.key',
    ca: '/etc/pki/ca-trust/source/anchors/CA.crt',
    crl: '/etc/pki/tls/certs/secef.crl',
    logs: 'httpd',
    errorLog: 'error_log',
    configtest: 'apache2 -d /etc/httpd -f conf/httpd.conf -t',
    graceful: 'apache2 -d /etc/httpd -f conf/httpd.conf -k graceful',
    foreground: 'exec apache2 -d /etc/httpd -f conf/httpd.conf -DFOREGROUND',
  },
};

// Of what RHEL 9 loads, that which Debian has not built in and which might matter to us.
const RHEL_MODULES = [
  ...['access_compat', 'alias', 'authn_core', 'authz_core', 'authz_host', 'autoindex', 'dir'],
  ...['env', 'headers', 'mime', 'negotiation', 'reqtimeout', 'rewrite', 'setenvif'],
  ...['socache_shmcb', 'status', 'unique_id', 'mpm_event', 'proxy', 'proxy_fcgi', 'proxy_http'],
];

// What RHEL's httpd.conf says, as far as it matters to a file in conf.d.
const RHEL_CONFIG = `ServerRoot "/etc/httpd"
Listen 80
Include conf.modules.d/*.conf
User apache
Group apache
<Directory />
    AllowOverride none
    Require all denied
</Directory>
DocumentRoot "/var/www/html"
ErrorLog "logs/error_log"
LogLevel warn
TypesConfig /etc/mime.types
AddDefaultCharset UTF-8
IncludeOptional conf.d/*.conf
`;

// What mod_ssl brings, but for its virtual host on port 443, which needs a certificate.
const RHEL_SSL = `SSLSessionCache shmcb:/run/httpd/sslcache(512000)
SSLSessionCacheTimeout 300
`;

const RHEL_TMPFILES = 'd /run/httpd 710 root apache\n';

const load = (module: string): string => `LoadModule ${module}_module modules/mod_${module}.so\n`;

function write(root: string, path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function folders(root: string, ...paths: string[]): void {
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
}

// Users, names, types: what httpd needs besides its own files.
function share(root: string): void {
  for (const name of ['nsswitch.conf', 'hosts', 'mime.types'])
    write(root, `/etc/${name}`, readFileSync(`/etc/${name}`, 'utf8'));
  for (const name of ['passwd', 'group']) {
    const text = readFileSync(`/etc/${name}`, 'utf8');
    const entry = /^www-data:.*$/m.exec(text)?.[0];
    if (entry === undefined) throw new Error(`there is no www-data in /etc/${name}`);
    write(root, `/etc/${name}`, `${text}${entry.replace('www-data', 'apache')}\n`);
  }
}

function makeDebian(root: string): void {
  tool('a2enmod', 'apache2');
  const ssl = /\/mods-enabled\/(ssl|socache_shmcb)\.(load|conf)$/;
  cpSync('/etc/apache2', join(root, 'etc/apache2'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !ssl.test(source),
  });
  folders(root, 'etc/ssl/certs', 'etc/ssl/private', 'run/apache2', 'run/lock/apache2');
}

function makeRhel(root: string): void {
  write(root, '/etc/httpd/conf/httpd.conf', RHEL_CONFIG);
  write(root, '/etc/httpd/conf.modules.d/00-base.conf', RHEL_MODULES.map(load).join(''));
  write(root, '/etc/tmpfiles.d/httpd.conf', RHEL_TMPFILES);
  folders(root, 'etc/httpd/conf.d');
  folders(root, 'etc/pki/tls/certs', 'etc/pki/tls/private', 'etc/pki/ca-trust/source/anchors');
  symlinkSync('/usr/lib/apache2/modules', join(root, 'etc/httpd/modules'));
  symlinkSync('../../var/log/httpd', join(root, 'etc/httpd/logs'));
  symlinkSync('/run/httpd', join(root, 'etc/httpd/run'));
}

/** Fills a folder with what a distribution has below /etc, /run and /var/log, without mod_ssl. */
export function makeFiles(distribution: Distribution, root: string): void {
  folders(root, `log/${PATHS[distribution].logs}`, 'lib', 'run');
  share(root);
  if (distribution === 'debian') makeDebian(root);
  else makeRhel(root);
}

/** Puts into such a folder what RHEL's package mod_ssl does. */
export function addRhelModSsl(root: string): void {
  write(root, '/etc/httpd/conf.modules.d/00-ssl.conf', load('ssl'));
  write(root, '/etc/httpd/conf.d/ssl.conf', RHEL_SSL);
}
