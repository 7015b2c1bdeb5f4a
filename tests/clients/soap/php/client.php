<?php
// A tour of the record shop with PHP's SoapClient: client.php WSDL USERNAME PASSWORD 11|12 text|digest [arrays]
[, $wsdl, $username, $password, $version, $kind] = $argv;

$options = [
    'soap_version' => $version === '12' ? SOAP_1_2 : SOAP_1_1,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS, // else a list with one row is no array
    'cache_wsdl' => WSDL_CACHE_NONE,          // else a WSDL is kept for a day, in the memory or on the disk
];
$shop = new SoapClient($wsdl, $options);

// WS-Security is not in PHP's own client: its header is written by hand
function security(string $username, string $password, bool $digest): SoapHeader
{
    $wss = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
    $profile = $wss . 'username-token-profile-1.0#';
    $created = gmdate('Y-m-d\TH:i:s\Z');
    $nonce = random_bytes(16);
    $type = $profile . ($digest ? 'PasswordDigest' : 'PasswordText');
    $secret = $digest ? base64_encode(sha1($nonce . $created . $password, true)) : $password;
    $xml = '<wsse:Security xmlns:wsse="' . $wss . 'wssecurity-secext-1.0.xsd"'
        . ' xmlns:wsu="' . $wss . 'wssecurity-utility-1.0.xsd"><wsse:UsernameToken>'
        . '<wsse:Username>' . htmlspecialchars($username, ENT_XML1) . '</wsse:Username>'
        . '<wsse:Password Type="' . $type . '">' . htmlspecialchars($secret, ENT_XML1) . '</wsse:Password>'
        . '<wsse:Nonce>' . base64_encode($nonce) . '</wsse:Nonce><wsu:Created>' . $created . '</wsu:Created>'
        . '</wsse:UsernameToken></wsse:Security>';
    return new SoapHeader($wss . 'wssecurity-secext-1.0.xsd', 'Security', new SoapVar($xml, XSD_ANYXML), true);
}

// a digest is good for one call: the header is made anew before each
function login(): void
{
    global $shop, $username, $password, $kind;
    $shop->__setSoapHeaders(security($username, $password, $kind === 'digest'));
}

// a list, a page of it, and what belongs to each row
login();
$answer = $shop->ListAlbums([
    'orderBy' => ['item' => [['field' => 'title']]],
    'page' => ['limit' => 2, 'includeTotal' => true],
    'include' => ['string' => ['artist', 'tracks']],
]);
$albums = $answer->items->Albums;
echo 'listed: ', implode(', ', array_column($albums, 'title')), "\n";
echo 'total: ', $answer->totalCount, "\n";
echo 'artist: ', $albums[0]->artist->name, "\n";
echo 'tracks: ', implode(', ', array_column($albums[0]->tracks->Tracks, 'title')), "\n";

// a filter: released, and either named so or dear
login();
$answer = $shop->ListAlbums([
    'filter' => [
        'released' => ['isNull' => false],
        'or' => [['title' => ['ilike' => '%of blue']], ['price' => ['gt' => '14.00']]],
    ],
    'orderBy' => ['item' => [['field' => 'title']]],
]);
echo 'filtered: ', implode(', ', array_column($answer->items->Albums, 'title')), "\n";

// a row, every type
login();
$album = $shop->GetAlbums(['id' => 3])->Albums;
foreach (['price', 'stars', 'plays', 'minutes'] as $name) {
    echo $name, ': ', $album->$name, "\n";
}
echo 'live: ', var_export($album->live, true), "\n";
foreach (['released', 'bought', 'heard'] as $name) {
    echo $name, ': ', $album->$name, "\n"; // text, as it stands in the message
}
echo 'cover: ', bin2hex($album->cover), "\n";
foreach (['details', 'mark', 'notes'] as $name) {
    echo $name, ': ', $album->$name, "\n";
}
login();
echo 'nothing: ', $shop->GetAlbums(['id' => 4])->Albums->released ?? 'null', "\n";

// a row made, changed and deleted
login();
$made = $shop->CreateAlbums(['albums' => [
    'artist_id' => 1,
    'title' => 'Ascension',
    'price' => '12.50', // decimals as text: a float would not stay exact
    'released' => '1966-02-01',
    'notes' => 'signed',
]])->Albums;
echo "created: $made->title $made->price $made->released $made->notes\n";
login();
$shop->UpdateAlbums(['id' => $made->id, 'albums' => ['price' => '13.00'], 'setNull' => ['string' => ['notes']]]);
login();
$changed = $shop->GetAlbums(['id' => $made->id])->Albums;
echo "changed: $changed->price ", $changed->notes ?? 'null', "\n";
login();
echo 'deleted: ', $shop->DeleteAlbums(['id' => $made->id])->affectedRows, "\n";
login();
echo 'gone: ', $shop->GetAlbums(['id' => $made->id])->Albums ?? 'null', "\n";

// names that XML can't have
login();
[$line] = $shop->ListOrderDetails(['filter' => ['Order_x0020_No' => ['eq' => 7]]])->items->OrderDetails;
echo 'odd names: ', $line->_x0032_nd_x0020_name, ' ', $line->unit_x0020_price, "\n";

// a fault, and what it carries
try {
    login();
    $shop->CreateArtists(['artists' => ['name' => 'Björk']]);
} catch (SoapFault $fault) {
    $problem = $fault->detail->ServiceFault;
    echo 'fault: ', $problem->code, ' ', var_export($problem->traceId !== '', true), "\n";
}

// a wrong password
try {
    $shop->__setSoapHeaders(security($username, 'wrong', false));
    $shop->GetAlbums(['id' => 3]);
} catch (SoapFault $fault) {
    $code = $fault->faultcode;
    echo 'refused: ', substr($code, strrpos($code, ':') + 1), "\n";
}

if (in_array('arrays', $argv, true)) {
    login();
    [$full, $empty] = $shop->ListPlaylists(['orderBy' => ['item' => [['field' => 'id']]]])->items->Playlists;
    echo 'arrays: ', implode(' ', $full->moods->string), ', ', implode(' ', $full->minutes->int), "\n";
    // an empty array has no member at all
    echo 'empty: ', count($empty->moods->string ?? []), ' ', $empty->minutes ?? 'null', "\n";
}
