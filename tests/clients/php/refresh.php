<?php
// An integration as it is written for the cloud: the portal's address in its settings, the
// authorization server's in its code, the token renewed when the portal says that it expired.
// It prints each step. Written for these tests.

const AUTHORIZATION_SERVER = 'https://oauth.bitrix.info/oauth/token/';

$settings = [
    'client_endpoint' => 'https://acme.bitrix24.com/rest/',
    'access_token' => getenv('APP_ACCESS_TOKEN'),
    'refresh_token' => getenv('APP_REFRESH_TOKEN'),
];
$steps = [];

function post(string $address, array $fields): array
{
    $curl = curl_init($address);
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => http_build_query($fields),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_FOLLOWLOCATION => true,
        CURLOPT_USERAGENT => 'An integration in PHP',
    ]);
    $text = curl_exec($curl);
    if ($text === false) {
        fwrite(STDERR, curl_error($curl) . PHP_EOL);
        exit(1);
    }
    return json_decode($text, true);
}

function call(string $method, array $fields = []): array
{
    global $settings, $steps;
    $answer = post($settings['client_endpoint'] . $method . '.json', [
        'auth' => $settings['access_token'],
    ] + $fields);
    $steps[] = $answer['error'] ?? $method;
    if (($answer['error'] ?? '') !== 'expired_token') {
        return $answer;
    }
    $renewed = post(AUTHORIZATION_SERVER, [
        'grant_type' => 'refresh_token',
        'client_id' => getenv('APP_CLIENT_ID'),
        'client_secret' => getenv('APP_CLIENT_SECRET'),
        'refresh_token' => $settings['refresh_token'],
    ]);
    $steps[] = isset($renewed['access_token']) ? 'renewed' : json_encode($renewed);
    $settings = $renewed + $settings;
    return call($method, $fields);
}

$flow = call('tasks.flow.Flow.get', ['flowId' => 517]);
echo json_encode([
    'name' => $flow['result']['name'] ?? null,
    'steps' => $steps,
    'endpoint' => $settings['client_endpoint'],
]);
