#!/usr/bin/perl
# A tour of the record shop with SOAP::Lite: client.pl ADDRESS USERNAME PASSWORD 11|12 text|digest [arrays]
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Digest::SHA qw(sha1);
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX qw(strftime);
use SOAP::Lite;

my ($address, $username, $password, $version, $kind, @more) = @ARGV;

my $NAMESPACE = 'urn:trivet:v1';
SOAP::Lite->soapversion($version eq '12' ? '1.2' : '1.1');  # before new(): it is the whole program's
my $shop = SOAP::Lite->new(proxy => $address);
$shop->default_ns($NAMESPACE);                        # not ns(): each child is of the namespace too
$shop->autotype(0);                                   # document/literal has no xsi:type
$shop->serializer->attr({});                           # nor an encoding
$shop->on_action(sub { "\"$NAMESPACE/$_[1]\"" });
$shop->on_fault(sub { my ($self, $answer) = @_; die ref $answer ? $answer : $self->transport->status });

# Perl's own hashes and arrays as elements
sub element {
    my ($name, $value) = @_;
    return map { element($name, $_) } @$value if ref $value eq 'ARRAY';
    return SOAP::Data->name($name => \SOAP::Data->value(elements(%$value))) if ref $value eq 'HASH';
    return SOAP::Data->name($name => $value)->type('');
}

sub elements {
    my (%values) = @_;
    return map { element($_, $values{$_}) } sort keys %values;
}

# WS-Security is not in SOAP::Lite: its header is written by hand; a digest is good for one call
sub security {
    my ($name, $word, $digest) = @_;
    my $wss = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
    my $created = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
    my $nonce = join '', map { chr int rand 256 } 1 .. 16;
    my $type = $digest ? 'PasswordDigest' : 'PasswordText';
    my $secret = $digest ? encode_base64(sha1($nonce . $created . $word), '') : $word;
    s/&/&amp;/g, s/</&lt;/g for $name, $secret;
    my $token = '<wsse:UsernameToken>'
        . "<wsse:Username>$name</wsse:Username>"
        . "<wsse:Password Type=\"${wss}username-token-profile-1.0#$type\">$secret</wsse:Password>"
        . '<wsse:Nonce>' . encode_base64($nonce, '') . '</wsse:Nonce>'
        . "<wsu:Created>$created</wsu:Created></wsse:UsernameToken>";
    return SOAP::Header->name('wsse:Security')->type('xml')->value(
        "<wsse:Security xmlns:wsse=\"${wss}wssecurity-secext-1.0.xsd\""
        . " xmlns:wsu=\"${wss}wssecurity-utility-1.0.xsd\">$token</wsse:Security>");
}

sub call {
    my ($operation, %parameters) = @_;
    return $shop->call($operation => elements(%parameters), security($username, $password, $kind eq 'digest'));
}

# a list, a page of it, and what belongs to each row
my $answer = call('ListAlbums',
    orderBy => {item => [{field => 'title'}]},
    page => {limit => 2, includeTotal => 'true'},
    include => {string => ['artist', 'tracks']},
);
my @albums = $answer->valueof('//items/Albums');      # valueof() in list context: one row is a list too
print 'listed: ', join(', ', map { $_->{title} } @albums), "\n";
print 'total: ', $answer->valueof('//totalCount'), "\n";
print 'artist: ', $albums[0]{artist}{name}, "\n";
print 'tracks: ', join(', ', map { $_->{title} } $answer->valueof('//items/[1]/tracks/Tracks')), "\n";

# a filter: released, and either named so or dear
$answer = call('ListAlbums',
    filter => {
        released => {isNull => 'false'},
        or => [{title => {ilike => '%of blue'}}, {price => {gt => '14.00'}}],
    },
    orderBy => {item => [{field => 'title'}]},
);
print 'filtered: ', join(', ', map { $_->{title} } $answer->valueof('//items/Albums')), "\n";

# a row, every type: all is text
my $album = call('GetAlbums', id => 3)->valueof('//Albums');
print "$_: $album->{$_}\n" for qw(price stars plays minutes live released bought heard);
print 'cover: ', unpack('H*', decode_base64($album->{cover})), "\n";
print "$_: $album->{$_}\n" for qw(details mark notes);
print 'nothing: ', call('GetAlbums', id => 4)->valueof('//Albums')->{released} // 'null', "\n";

# a row made, changed and deleted
my $made = call('CreateAlbums', albums => {
    artist_id => 1, title => 'Ascension', price => '12.50', released => '1966-02-01', notes => 'signed',
})->valueof('//Albums');
print "created: $made->{title} $made->{price} $made->{released} $made->{notes}\n";
call('UpdateAlbums', id => $made->{id}, albums => {price => '13.00'}, setNull => {string => ['notes']});
my $changed = call('GetAlbums', id => $made->{id})->valueof('//Albums');
print "changed: $changed->{price} ", $changed->{notes} // 'null', "\n";
print 'deleted: ', call('DeleteAlbums', id => $made->{id})->valueof('//affectedRows'), "\n";
print 'gone: ', call('GetAlbums', id => $made->{id})->valueof('//Albums') // 'null', "\n";

# names that XML can't have
my ($line) = call('ListOrderDetails', filter => {Order_x0020_No => {eq => 7}})->valueof('//OrderDetails');
print "odd names: $line->{_x0032_nd_x0020_name} $line->{unit_x0020_price}\n";

# a fault, and what it carries
eval { call('CreateArtists', artists => {name => 'Björk'}) };
my $problem = $@->valueof('//ServiceFault');
print "fault: $problem->{code} ", ($problem->{traceId} ? 'true' : 'false'), "\n";

# a wrong password
eval { $shop->call('GetAlbums', element(id => 3), security($username, 'wrong')) };
my $code = $version eq '12' ? $@->fault->{Code}{Subcode}{Value} : $@->faultcode;
print 'refused: ', (split /:/, $code)[-1], "\n";

if (grep { $_ eq 'arrays' } @more) {
    $answer = call('ListPlaylists', orderBy => {item => [{field => 'id'}]});
    my ($full, $empty) = $answer->valueof('//Playlists');
    print 'arrays: ', join(' ', @{$full->{moods}{string}}), ', ', join(' ', @{$full->{minutes}{int}}), "\n";
    # an empty array is an empty text, NULL is undef
    print 'empty: ', scalar(ref $empty->{moods} ? 1 : 0), ' ', $empty->{minutes} // 'null', "\n";
}
