# The servers that the fixtures of make-pcaps talk to; all run in namespace s unless said.

# A page of text that is the same on every run and does not compress to nothing.
page()
{
	awk -v n="$1" 'BEGIN { x = 7; for (i = 0; i < n; i++) {
		x = (x * 1103515245 + 12345) % 2147483648
		printf "line %d holds the number %d\n", i, x } }'
}

service_certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-keyout "$work/key.pem" -out "$work/cert.pem" -subj /CN=www.tally.test \
		-addext subjectAltName=DNS:www.tally.test,DNS:api.tally.test 2> /dev/null
}

service_nginx()
{
	local www=$work/www
	mkdir -p "$www" "$work/nginx"
	page 3 > "$www/index.html"
	page 40 > "$www/a.txt"
	page 400 > "$www/b.html"
	page 4000 > "$www/big.txt"
	service_certificate
	cat > "$work/nginx.conf" <<-END
	daemon off; master_process off; user root; pid $work/nginx/pid;
	error_log $work/nginx/error.log;
	events { worker_connections 128; }
	http {
		access_log off; default_type text/plain; types { text/html html; }
		client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
		fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u;
		scgi_temp_path $work/nginx/s; keepalive_timeout 20;
		server {
			listen 80; listen [::]:80; listen 8080; listen 8081 http2;
			listen 443 ssl http2; listen [::]:443 ssl http2;
			server_name www.tally.test; root $www;
			ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;
			ssl_protocols TLSv1.2 TLSv1.3;
			gzip on; gzip_types text/plain; gzip_min_length 100;
			location /echo { return 200 "taken\n"; }
			location /old { return 301 /index.html; }
			location /private { return 401; }
			location /broken { return 503; }
		}
	}
	END
	serve s nginx -c "$work/nginx.conf" -e "$work/nginx/error.log"
	listening s 80
	listening s 443
}

service_dns()
{
	serve s dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --pid-file= \
		--domain-needed --local=/tally.test/ --cache-size=0 \
		--host-record=www.tally.test,$S4,$S6 --host-record=db.tally.test,10.71.2.9 \
		--cname=shop.tally.test,www.tally.test --mx-host=tally.test,mail.tally.test,10 \
		--srv-host=_ldap._tcp.tally.test,db.tally.test,389,0,100 \
		--txt-record=tally.test,"v=spf1 -all" \
		--txt-record=long.tally.test,"$(page 9 | tr '\n' ' ' | cut -c1-240)","$(page 20 | tail -9 | tr '\n' ' ' | cut -c1-240)","$(page 40 | tail -9 | tr '\n' ' ' | cut -c1-240)" \
		--ptr-record=2.2.71.10.in-addr.arpa,www.tally.test \
		--caa-record=tally.test,0,issue,ca.tally.test \
		--naptr-record=tally.test,10,100,S,SIP+D2U,,_sip._udp.tally.test \
		--address=/any.tally.test/10.71.2.77
	listening s 53 -u
	listening s 53
}

# service_sshd PORT; sshd wants /run for itself, and ip netns exec gives it own mounts.
service_sshd()
{
	local name
	mkdir -p "$work/ssh"
	for name in host user stranger; do
		[ -f "$work/ssh/$name" ] || ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$work/ssh/$name"
	done
	serve s sh -c "mount -t tmpfs none /run && mkdir /run/sshd && exec $(command -v sshd) \
		-D -e -f /dev/null -h $work/ssh/host -o PidFile=none \
		-o AuthorizedKeysFile=$work/ssh/user.pub -o StrictModes=no -o UsePAM=no \
		-o PermitRootLogin=prohibit-password -o UseDNS=no -p $1"
	listening s "$1"
}

service_stores()
{
	serve s redis-server --port 6379 --bind $S4 --save '' --dir "$work" --protected-mode no
	serve s memcached -u root -l $S4 -p 11211
	printf 'listener 1883 0.0.0.0\nallow_anonymous true\nuser root\n' > "$work/mosquitto.conf"
	serve s mosquitto -c "$work/mosquitto.conf"
	listening s 6379
	listening s 11211
	listening s 1883
}
