<?php
// An event as a handler in PHP takes it: PHP's own parser of forms. Standard input has the body.

parse_str(stream_get_contents(STDIN), $sent);
echo json_encode($sent);
