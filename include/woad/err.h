/* woad/err.h: what a call can answer.
 *
 * Every function that can fail returns an int: 0 or positive is success, negative is one value of
 * enum woad_err. What a peer or a controller reports (HCI, ATT, SMP, L2CAP statuses) travels inside
 * events as enums of their own and is never mixed with these.
 */
#ifndef WOAD_ERR_H
#define WOAD_ERR_H

/* X(name, number, text that says what to do) */
#define WOAD_ERR_LIST(X)                                                                           \
    X(INVALID, -1, "an argument is out of its documented range; see the header of the call")       \
    X(STATE, -2, "not possible in this state; wait for the event that ends it")                    \
    X(AGAIN, -3, "no room now; one writable event follows when the call can succeed")              \
    X(NO_MEM, -4, "a pool or table of the configuration is full; enlarge it or free an object")    \
    X(NOT_FOUND, -5, "no such object; it may have ended already")                                  \
    X(EXISTS, -6, "there is one already; remove it first")                                         \
    X(NOT_CONNECTED, -7, "the link or channel is closed; connect again")                           \
    X(TIMEOUT, -8, "time ran out; what was done up to then is reported")                           \
    X(CANCELLED, -9, "ended by a cancel or close call")                                            \
    X(UNSUPPORTED, -10, "the controller, the peer or this build does not have the feature")        \
    X(TOO_LONG, -11, "longer than the limit of the peer or of the configuration")                  \
    X(FORMAT, -12, "the data does not follow the format it claims to have")                        \
    X(REFUSED, -13, "the peer or the controller refused; the event carries its reason")            \
    X(SECURITY, -14, "the link is not as secure as this needs; pair or encrypt first")             \
    X(FAULT, -15, "the controller or its transport failed; it is being reset")                     \
    X(RESET, -16, "ended by a reset of the controller or the host")                                \
    X(IO, -17, "the operating system reported an input or output error")                           \
    X(BUSY, -18, "another operation of this kind is under way; wait for its event")                \
    X(EOF, -19, "the end of the data was reached")                                                 \
    X(MISMATCH, -20, "what arrived differs from what was recorded or promised")

enum woad_err {
#define WOAD_ERR_ENUM(name, number, text) WOAD_ERR_##name = number,
    WOAD_ERR_LIST(WOAD_ERR_ENUM)
#undef WOAD_ERR_ENUM
};

/* The name ("AGAIN") and the advice of an error; "?" for a number that is none. Never NULL. */
const char *woad_err_name(int err);
const char *woad_err_text(int err);

#if defined(__GNUC__)
#define WOAD_MUST_USE __attribute__((warn_unused_result))
#else
#define WOAD_MUST_USE
#endif

#endif
