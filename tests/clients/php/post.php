<?php
// One call the way plain PHP integrations make it: a form posted by curl, no SDK.

/** Posts the form and prints {"status": ..., "answer": ...}. */
function post(string $webhook, string $caFile, string $method, array $form): void
{
    $curl = curl_init($webhook . $method . '.json');
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => http_build_query($form),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CAINFO => $caFile,
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        fwrite(STDERR, curl_error($curl) . PHP_EOL);
        exit(1);
    }

    echo json_encode([
        'status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE),
        'answer' => json_decode($body, true, flags: JSON_THROW_ON_ERROR),
    ]), PHP_EOL;
}
