# cmake -DIN=FILE -DOUT=FILE.c -DNAME=name -DHEADER=h -P embed.cmake: FILE's bytes as
# an array of C and its length.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE ${OUT} "/* Made from ${NAME}'s source by cmake/embed.cmake. */
#include \"${HEADER}\"
const unsigned char ${NAME}[] = {
${hex}
};
const size_t ${NAME}_n = sizeof(${NAME});
")
