/* tls.c: TLS with OpenSSL through hiredis_ssl, where it was there when this was built. hiredis
 * would make the session itself, but does not check whose certificate it is. */
#include "common/queue/tls.h"

#ifdef DTQ_TLS

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static SSL_CTX *shared; /* made by the first connection, kept for the life of the program */

/* The value of a variable of the environment, NULL when it is not set or empty. */
static const char *tls_named(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] ? value : NULL;
}

static enum dtq_err tls_bad(const char *variable, const char *value, struct dtq_why *why)
{
    int error = errno;
    const char *reason = ERR_reason_error_string(ERR_get_error());

    /* What the system refused, OpenSSL has no words for. */
    return err_set(why, DTQ_SERVER, "%s=%s cannot be used: %s", variable, value,
                   reason ? reason : strerror(error));
}

static enum dtq_err tls_make(SSL_CTX **out, struct dtq_why *why)
{
    const char *ca = tls_named("DTQ_REDIS_CACERT");
    const char *cert = tls_named("DTQ_REDIS_CERT"), *key = tls_named("DTQ_REDIS_KEY");
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    enum dtq_err err = DTQ_OK;

    if (!ctx) return err_set(why, DTQ_NOMEM, "out of memory for TLS");
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (ca && SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
        err = tls_bad("DTQ_REDIS_CACERT", ca, why);
    else if (!ca && SSL_CTX_set_default_verify_paths(ctx) != 1)
        err = err_set(why, DTQ_SERVER,
                      "the certificates of this system cannot be read; name a "
                      "file with DTQ_REDIS_CACERT");
    if (err == DTQ_OK && !cert != !key)
        err = err_set(why, DTQ_SERVER,
                      "DTQ_REDIS_CERT and DTQ_REDIS_KEY go together; only %s is set",
                      cert ? "DTQ_REDIS_CERT" : "DTQ_REDIS_KEY");
    if (err == DTQ_OK && cert && SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        err = tls_bad("DTQ_REDIS_CERT", cert, why);
    if (err == DTQ_OK && key && SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        err = tls_bad("DTQ_REDIS_KEY", key, why);
    if (err == DTQ_OK)
        *out = ctx;
    else
        SSL_CTX_free(ctx);
    return err;
}

/* Whose certificate it must be. */
static bool tls_expect(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum dtq_err tls_start(redisContext *c, const char *host, const char *where, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    SSL *ssl;
    long verified;

    pthread_mutex_lock(&lock);
    if (!shared) err = tls_make(&shared, why);
    pthread_mutex_unlock(&lock);
    if (err != DTQ_OK) return err;
    ssl = SSL_new(shared);
    if (!ssl || !tls_expect(ssl, host)) {
        SSL_free(ssl);
        return err_set(why, DTQ_NOMEM, "out of memory for TLS");
    }
    if (redisInitiateSSL(c, ssl) == REDIS_OK) return DTQ_OK; /* it is the connection's now */
    verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK)
        err = err_set(why, DTQ_SERVER,
                      "Redis at %s: its certificate is not good for %s: %s; DTQ_REDIS_CACERT "
                      "names the file of the authority that signed it",
                      where, host, X509_verify_cert_error_string(verified));
    else
        err = err_set(why, DTQ_CONN, "Redis at %s: TLS: %s", where,
                      c->errstr[0] ? c->errstr : "no session");
    SSL_free(ssl);
    return err;
}

enum dtq_err tls_check(const char *where, struct dtq_why *why)
{
    (void)where;
    (void)why;
    return DTQ_OK;
}

#else

enum dtq_err tls_check(const char *where, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "Redis at %s is to be reached over TLS, but this program was built without it: "
                   "build it where libhiredis 1.0 or later with hiredis_ssl is installed, or use "
                   "redis:// in a private network or a tunnel",
                   where);
}

enum dtq_err tls_start(redisContext *c, const char *host, const char *where, struct dtq_why *why)
{
    (void)c;
    (void)host;
    return tls_check(where, why);
}

#endif
