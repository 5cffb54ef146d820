<?php
// A batch: php batch.php WEBHOOK CA_FILE COMMANDS_AS_JSON HALT, with commands as
// {name: [method, parameters]}. Every command is a query and all of them a form, so what is in
// the parameters is encoded twice.

require __DIR__ . '/post.php';

[, $webhook, $caFile, $commands, $halt] = $argv;

$queries = array_map(
    fn (array $command) => $command[0] . '?' . http_build_query($command[1]),
    json_decode($commands, true),
);

post($webhook, $caFile, 'batch', ['halt' => $halt, 'cmd' => $queries]);
