<?php
// One call: php call.php WEBHOOK CA_FILE METHOD PARAMETERS_AS_JSON.

require __DIR__ . '/post.php';

[, $webhook, $caFile, $method, $parameters] = $argv;

post($webhook, $caFile, $method, json_decode($parameters, true));
