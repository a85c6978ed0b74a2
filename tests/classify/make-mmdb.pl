#!/usr/bin/perl
# Small MMDB files for the tests, into the directory that is the argument: nested.mmdb
# (MaxMind's form, IPv6 tree), flat.mmdb (country_code, IPv4 tree), network.mmdb (AS
# numbers), other.mmdb (a valid file with nothing about places).
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my $dir = shift or die "usage: make-mmdb.pl DIR\n";

my %types = (
    country => 'map', city => 'map', location => 'map', names => 'map',
    iso_code => 'utf8_string', en => 'utf8_string', country_code => 'utf8_string',
    latitude => 'double', longitude => 'double',
    autonomous_system_number => 'uint32',
    autonomous_system_organization => 'utf8_string', colour => 'utf8_string',
);

sub make {
    my ($name, $version, $records) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version => $version,
        record_size => 24,
        database_type => "tallyman-test-$name",
        languages => ['en'],
        description => { en => 'made by a test' },
        remove_reserved_networks => 0,
        map_key_type_callback => sub { $types{ $_[0] } },
    );
    $tree->insert_network($_, $records->{$_}) for sort keys %$records;
    open my $out, '>:raw', "$dir/$name.mmdb" or die "$dir/$name.mmdb: $!\n";
    $tree->write_tree($out);
    close $out or die "$dir/$name.mmdb: $!\n";
}

my $bremen = {
    country => { iso_code => 'DE', names => { en => 'Germany' } },
    city => { names => { en => 'Bremen' } },
    location => { latitude => 53.0793, longitude => 8.8017 },
};

make('nested', 6, { '192.0.2.0/24' => $bremen, '2001:db8:1::/48' => $bremen });
make('flat', 4, { '192.0.2.0/24' => { country_code => 'FR' },
        '198.51.100.0/24' => { country_code => 'JP' } });
make('network', 6, { '198.51.100.0/25' => {
        autonomous_system_number => 64500,
        autonomous_system_organization => 'Example Quay' } });
make('other', 4, { '192.0.2.0/24' => { colour => 'blue' } });
