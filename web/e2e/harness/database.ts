import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A separate database. */
export interface Database {
  address: string;
  drop: () => Promise<void>;
}

/** Creates an empty database on this PostgreSQL server. */
export async function newDatabase(server: string): Promise<Database> {
  const name = `journey_${randomUUID().replaceAll('-', '')}`;
  await ask(server, `CREATE DATABASE ${name}`);
  const address = new URL(server);
  address.pathname = `/${name}`;
  return { address: address.href, drop: () => ask(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function ask(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
